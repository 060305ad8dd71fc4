SELECT path, minute, hour, day_of_month, month, day_of_week, event, command
FROM crontab
ORDER BY path, command
