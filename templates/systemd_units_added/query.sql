SELECT id, description, load_state, active_state, sub_state, fragment_path, source_path, user
FROM systemd_units
WHERE (id LIKE '%.service' OR id LIKE '%.timer' OR id LIKE '%.path' OR id LIKE '%.socket')
  AND fragment_path <> ''
  AND fragment_path NOT LIKE '/lib/systemd/%'
  AND fragment_path NOT LIKE '/usr/lib/systemd/%'
  AND fragment_path NOT LIKE '/run/systemd/generator%'
ORDER BY id
