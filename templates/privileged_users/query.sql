SELECT u.username, u.uid, g.groupname, g.gid, u.directory, u.shell, u.description
FROM users u
LEFT JOIN user_groups ug ON ug.uid = u.uid
LEFT JOIN groups g ON g.gid = ug.gid
WHERE u.uid = 0
  OR g.groupname IN ('root', 'sudo', 'wheel', 'admin', 'adm', 'docker', 'lxd', 'incus-admin', 'libvirt', 'disk', 'shadow')
  OR (g.gid IN (544, 551, 555, 580) AND (SELECT platform FROM os_version) = 'windows')
ORDER BY u.username, g.groupname
