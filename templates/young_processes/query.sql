SELECT pid, parent, name, path, cmdline, cwd, uid, start_time, on_disk
FROM processes
WHERE start_time > :since
ORDER BY start_time DESC, pid
LIMIT :limit
