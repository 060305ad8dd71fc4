SELECT type, user, tty, host, time, pid
FROM logged_in_users
ORDER BY time DESC, user, tty
LIMIT :limit
