SELECT name, action, path, state, last_run_time, next_run_time, last_run_code
FROM scheduled_tasks
WHERE enabled = 1 AND (:folders = 'all' OR path NOT LIKE '\Microsoft\%')
ORDER BY path
