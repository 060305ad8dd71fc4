SELECT username, tty, host, time, pid
FROM last
WHERE type = 7 AND time > :since AND (:user = '*' OR username = :user)
ORDER BY time DESC, username, tty
LIMIT :limit
