SELECT f.path, f.size, f.mode, f.uid, f.mtime, f.ctime, h.sha256
FROM file f
LEFT JOIN hash h ON h.path = '/etc/ld.so.preload'
WHERE f.path = '/etc/ld.so.preload'
