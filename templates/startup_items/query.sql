SELECT name, path, args, type, source, status, username
FROM startup_items
WHERE type IS NOT 'systemd unit'
  OR (path <> '' AND path NOT LIKE '/run/systemd/generator%' AND name NOT LIKE '%.scope')
ORDER BY type, name, path
