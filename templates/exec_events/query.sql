SELECT time, pid, parent, path, cmdline, cwd, auid, uid, euid
FROM process_events
WHERE time > :since
ORDER BY time DESC, pid
LIMIT :limit
