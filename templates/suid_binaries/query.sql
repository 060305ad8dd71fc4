SELECT path, username, groupname, permissions
FROM suid_bin
ORDER BY path
