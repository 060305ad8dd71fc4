SELECT address, hostnames
FROM etc_hosts
WHERE hostnames <> 'localhost'
  AND address NOT IN ('127.0.1.1', '::1', 'fe00::0', 'ff00::0', 'ff02::1', 'ff02::2', 'ff02::3', '255.255.255.255')
ORDER BY address, hostnames
