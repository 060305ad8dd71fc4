SELECT id, load_state, active_state, sub_state
FROM systemd_units
WHERE id IN (
  'auditd.service', 'osqueryd.service', 'orbit.service', 'falcon-sensor.service', 'wazuh-agent.service',
  'mdatp.service', 'elastic-agent.service', 'auditbeat.service', 'sentinelone.service', 'cbagentd.service',
  'ds_agent.service', 'xagt.service', 'clamav-daemon.service', 'fail2ban.service', 'rsyslog.service',
  'syslog-ng.service', 'systemd-journald.service', 'apparmor.service', 'firewalld.service', 'nftables.service',
  'ufw.service'
)
ORDER BY id
