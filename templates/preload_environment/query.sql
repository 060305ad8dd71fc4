SELECT e.pid, p.name, p.path, p.uid, e.key, e.value
FROM process_envs e
JOIN processes p ON p.pid = e.pid
WHERE e.key IN ('LD_PRELOAD', 'LD_AUDIT', 'DYLD_INSERT_LIBRARIES')
ORDER BY e.value, p.path, e.pid
