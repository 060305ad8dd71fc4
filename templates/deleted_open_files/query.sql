SELECT f.pid, p.name, p.path AS program, p.uid, f.fd, f.path
FROM process_open_files f
JOIN processes p ON p.pid = f.pid
WHERE f.path LIKE '% (deleted)' AND f.path NOT LIKE '/dev/pts/%' AND f.path NOT LIKE '/dev/zero %'
ORDER BY f.path, f.pid, f.fd
LIMIT :limit
