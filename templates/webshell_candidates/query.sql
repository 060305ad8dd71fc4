SELECT path, filename, size, mode, uid, gid, mtime, ctime
FROM (
  SELECT path, filename, type, size, mode, uid, gid, mtime, ctime FROM file WHERE path LIKE :webroot || '/%%'
  UNION
  SELECT path, filename, type, size, mode, uid, gid, mtime, ctime FROM file WHERE directory = :webroot
)
WHERE type = 'regular'
  AND mtime > :since
  AND (
    filename LIKE '%.php' OR filename LIKE '%.php_' OR filename LIKE '%.phtml' OR filename LIKE '%.phar' OR filename LIKE '%.inc'
    OR filename LIKE '%.jsp' OR filename LIKE '%.jspx' OR filename LIKE '%.war'
    OR filename LIKE '%.asp' OR filename LIKE '%.aspx' OR filename LIKE '%.ashx'
    OR filename LIKE '%.cgi' OR filename LIKE '%.pl' OR filename LIKE '%.py'
    OR filename IN ('.htaccess', '.user.ini')
  )
ORDER BY mtime DESC, path
LIMIT :limit
