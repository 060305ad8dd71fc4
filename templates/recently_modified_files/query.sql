SELECT path, directory, filename, type, size, mode, uid, gid, mtime, ctime, atime
FROM file
WHERE directory = :directory AND mtime > :since
ORDER BY mtime DESC, path
LIMIT :limit
