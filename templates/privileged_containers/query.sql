SELECT id, name, image, command, created, state, pid, path, privileged, security_options
FROM docker_containers
WHERE privileged = 1
  OR instr(security_options, 'unconfined') > 0
  OR instr(security_options, 'label:disable') > 0
  OR instr(security_options, 'label=disable') > 0
ORDER BY name
