SELECT p.path, h.sha256, p.instances
FROM (SELECT path, count(*) AS instances FROM processes WHERE path <> '' GROUP BY path) p
LEFT JOIN hash h ON h.path = p.path
ORDER BY p.path
