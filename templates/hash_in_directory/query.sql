SELECT h.path, h.sha256, f.size, f.mode, f.uid, f.mtime, f.ctime
FROM hash h
LEFT JOIN file f ON f.path = h.path
WHERE h.directory = :directory AND h.sha256 = :sha256
ORDER BY h.path
