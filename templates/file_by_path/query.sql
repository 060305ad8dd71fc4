SELECT f.path, f.filename, f.type, f.size, f.mode, f.uid, f.gid, f.mtime, f.ctime, f.atime, h.sha256
FROM file f
LEFT JOIN hash h ON h.path = :path
WHERE f.path = :path
