SELECT * FROM processes
ORDER BY start_time DESC, pid
LIMIT :limit
