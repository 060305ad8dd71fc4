SELECT user, logon_domain, logon_type, authentication_package, logon_time, logon_server, session_id, logon_sid
FROM logon_sessions
WHERE logon_type NOT IN ('Service', 'Batch', 'Proxy', 'Undefined Logon Type') AND logon_domain NOT IN ('Window Manager', 'Font Driver Host')
ORDER BY logon_time DESC, user
