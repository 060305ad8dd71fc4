SELECT s.pid, p.name, p.path, p.cmdline, p.uid, s.protocol, s.local_address, s.local_port, s.remote_address, s.remote_port, s.state
FROM process_open_sockets s
LEFT JOIN processes p ON p.pid = s.pid
WHERE s.remote_address IN (:ip, '::ffff:' || :ip)
ORDER BY s.remote_port, p.path, s.pid
LIMIT :limit
