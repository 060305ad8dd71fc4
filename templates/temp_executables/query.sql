SELECT path, type, size, mode, uid, gid, mtime, ctime
FROM file
WHERE directory IN ('/tmp', '/var/tmp', '/dev/shm', '/Users/Shared')
  AND (
    (type = 'regular' AND (substr(mode, -3) GLOB '*[1357]*' OR filename LIKE '.%'))
    OR (
      type = 'directory' AND filename LIKE '.%'
      AND filename NOT IN ('.', '..', '.X11-unix', '.ICE-unix', '.XIM-unix', '.font-unix', '.Test-unix')
    )
  )
ORDER BY mtime DESC, path
LIMIT :limit
