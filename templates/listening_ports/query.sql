SELECT pid, port, protocol, family, address, fd, socket, path
FROM listening_ports
ORDER BY port = 0, port, protocol, address, pid
LIMIT :limit
