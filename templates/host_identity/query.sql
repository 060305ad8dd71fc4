SELECT s.hostname, s.uuid, s.hardware_model, s.hardware_serial, o.name AS os, o.version AS os_version, o.arch,
  u.total_seconds AS uptime_s, q.version AS osquery, q.start_time AS osquery_started
FROM system_info s, os_version o, uptime u, osquery_info q
