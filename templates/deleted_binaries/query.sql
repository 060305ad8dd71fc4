SELECT pid, parent, name, path, cmdline, cwd, uid, start_time
FROM processes
WHERE on_disk = 0
ORDER BY start_time DESC, pid
