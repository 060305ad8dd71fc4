SELECT u.username, k.algorithm, k.key, k.comment, k.options, k.key_file
FROM users u
JOIN authorized_keys k ON k.uid = u.uid
ORDER BY u.username, k.key_file, k.key
