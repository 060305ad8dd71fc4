SELECT username, password_status, hash_alg, CASE WHEN last_change > 0 THEN date(last_change * 86400, 'unixepoch') END AS changed_on
FROM shadow
WHERE password_status IN ('active', 'empty')
ORDER BY last_change DESC, username
