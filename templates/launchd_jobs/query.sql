SELECT label, program, program_arguments, run_at_load, keep_alive, start_interval, disabled, path, username
FROM launchd
WHERE path NOT LIKE '/System/%'
ORDER BY path
