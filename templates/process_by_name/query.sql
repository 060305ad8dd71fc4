SELECT pid, parent, name, path, cmdline, cwd, uid, start_time, on_disk
FROM processes
WHERE instr(lower(name), lower(:name)) > 0 OR instr(lower(cmdline), lower(:name)) > 0
ORDER BY start_time DESC, pid
LIMIT :limit
