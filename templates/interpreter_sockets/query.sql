SELECT s.pid, p.parent, p.name, p.path, p.cmdline, p.cwd, p.uid, s.protocol, s.local_address, s.local_port, s.remote_address, s.remote_port, s.state
FROM process_open_sockets s
JOIN processes p ON p.pid = s.pid
WHERE s.remote_port > 0
  AND s.remote_address NOT IN ('', '0.0.0.0', '::', '::1')
  AND s.remote_address NOT LIKE '127.%' AND s.remote_address NOT LIKE '::ffff:127.%'
  AND (
    lower(p.name) IN (
      'sh', 'bash', 'dash', 'ash', 'zsh', 'ksh', 'csh', 'tcsh', 'fish', 'busybox', 'awk', 'gawk', 'mawk', 'lua', 'node', 'osascript',
      'nc', 'nc.openbsd', 'nc.traditional', 'ncat', 'netcat', 'socat', 'telnet', 'cmd.exe', 'powershell.exe', 'powershell_ise.exe',
      'pwsh', 'pwsh.exe', 'wscript.exe', 'cscript.exe', 'mshta.exe', 'rundll32.exe', 'regsvr32.exe', 'nc.exe', 'nc64.exe', 'ncat.exe'
    )
    OR p.name LIKE 'python%' OR p.name LIKE 'perl%' OR p.name LIKE 'ruby%' OR p.name LIKE 'php%'
  )
ORDER BY p.name, s.remote_address, s.remote_port, s.pid
