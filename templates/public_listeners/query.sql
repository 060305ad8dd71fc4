SELECT l.port, l.protocol, l.address, l.pid, p.name, p.path, p.uid
FROM listening_ports l
LEFT JOIN processes p ON p.pid = l.pid
WHERE l.port > 0 AND l.address <> '::1' AND l.address NOT LIKE '127.%' AND l.address NOT LIKE '::ffff:127.%'
ORDER BY l.port, l.protocol, l.address, l.pid
