WITH RECURSIVE
  known AS MATERIALIZED (SELECT pid, parent, name, path, cmdline, cwd, uid, start_time FROM processes),
  above(pid, generation) AS (
    SELECT parent, -1 FROM known WHERE pid = :pid
    UNION
    SELECT k.parent, a.generation - 1 FROM above a JOIN known k ON k.pid = a.pid WHERE a.generation > -32
  ),
  below(pid, generation) AS (
    SELECT pid, 0 FROM known WHERE pid = :pid
    UNION
    SELECT k.pid, b.generation + 1 FROM below b JOIN known k ON k.parent = b.pid AND k.pid <> k.parent WHERE b.generation < 32
  )
SELECT min(r.generation) AS generation, k.pid, k.parent, k.name, k.path, k.cmdline, k.cwd, k.uid, k.start_time
FROM (SELECT pid, generation FROM above UNION SELECT pid, generation FROM below) r
JOIN known k ON k.pid = r.pid
GROUP BY k.pid, k.parent, k.name, k.path, k.cmdline, k.cwd, k.uid, k.start_time
ORDER BY 1, k.pid
