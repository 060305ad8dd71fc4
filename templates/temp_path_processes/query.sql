SELECT pid, parent, name, path, cmdline, cwd, uid, start_time, on_disk
FROM processes
WHERE path LIKE '/tmp/%' OR path LIKE '/var/tmp/%' OR path LIKE '/dev/shm/%' OR path LIKE '/run/user/%' OR path LIKE '/memfd:%'
  OR path LIKE '/private/tmp/%' OR path LIKE '/private/var/tmp/%' OR path LIKE '/Users/Shared/%'
  OR path LIKE '%/.%/%'
  OR path LIKE '%\AppData\Local\Temp\%' OR path LIKE '%\Windows\Temp\%' OR path LIKE '%\Users\Public\%' OR path LIKE '%\PerfLogs\%'
  OR path LIKE '%\$Recycle.Bin\%' OR path LIKE '%\ProgramData\%.exe'
ORDER BY start_time DESC, pid
