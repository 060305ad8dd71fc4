SELECT p.path, s.remote_port, s.protocol, count(DISTINCT s.remote_address) AS peers
FROM process_open_sockets s
LEFT JOIN processes p ON p.pid = s.pid
WHERE s.remote_port > 0
  AND s.remote_address NOT IN ('', '0.0.0.0', '::', '::1')
  AND s.remote_address NOT LIKE '127.%' AND s.remote_address NOT LIKE '::ffff:127.%'
  AND s.local_port NOT IN (SELECT port FROM listening_ports WHERE port > 0)
GROUP BY p.path, s.remote_port, s.protocol
ORDER BY p.path, s.remote_port, s.protocol
