SELECT u.username, h.time, h.command, h.history_file
FROM users u
JOIN shell_history h ON h.uid = u.uid
WHERE instr(lower(h.command), lower(:text)) > 0
ORDER BY h.time DESC, u.username, h.history_file
LIMIT :limit
