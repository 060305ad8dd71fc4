SELECT pid, fd, socket, family, protocol, local_address, local_port, remote_address, remote_port, state
FROM process_open_sockets
WHERE state = 'ESTABLISHED'
ORDER BY remote_address, remote_port, pid, fd
LIMIT :limit
