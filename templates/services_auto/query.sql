SELECT name, display_name, service_type, start_type, status, pid, path, module_path, user_account
FROM services
WHERE start_type = 'AUTO_START'
ORDER BY name
