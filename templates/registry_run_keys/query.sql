WITH places(pattern) AS (
  VALUES
    ('HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Run'),
    ('HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\RunOnce'),
    ('HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\RunOnceEx'),
    ('HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\Explorer\Run'),
    ('HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Run'),
    ('HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\RunOnce'),
    ('HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\RunOnceEx'),
    ('HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Policies\Explorer\Run'),
    ('HKEY_USERS\%\Software\Microsoft\Windows\CurrentVersion\Run'),
    ('HKEY_USERS\%\Software\Microsoft\Windows\CurrentVersion\RunOnce'),
    ('HKEY_USERS\%\Software\Microsoft\Windows\CurrentVersion\Policies\Explorer\Run'),
    ('HKEY_USERS\%\Software\WOW6432Node\Microsoft\Windows\CurrentVersion\Run')
)
SELECT r.key, r.name, r.type, r.data, r.mtime
FROM places CROSS JOIN registry r ON r.key LIKE places.pattern
WHERE r.type <> 'subkey'
ORDER BY r.key, r.name
