SELECT name, size, used_by, status
FROM kernel_modules
ORDER BY name
