# Runs inside the new root file system, as its last step: nothing that must differ between machines stays in,
# and no unit starts that a container does not need (six machines boot at once on two cores).
rm -f /etc/ssh/ssh_host_* /var/lib/dbus/machine-id
: > /etc/machine-id

for unit in \
  getty.target getty@.service getty-static.service console-getty.service serial-getty@.service \
  systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udev-trigger.service \
  systemd-networkd.service systemd-networkd.socket systemd-networkd-wait-online.service systemd-resolved.service \
  systemd-timesyncd.service systemd-logind.service systemd-user-sessions.service \
  systemd-remount-fs.service systemd-firstboot.service systemd-machine-id-commit.service systemd-random-seed.service \
  systemd-update-utmp.service systemd-update-utmp-runlevel.service systemd-sysusers.service systemd-update-done.service \
  systemd-hwdb-update.service systemd-binfmt.service systemd-modules-load.service systemd-pstore.service \
  systemd-journal-flush.service systemd-journal-catalog-update.service systemd-journald-audit.socket \
  systemd-sysctl.service systemd-tmpfiles-setup-dev.service systemd-tmpfiles-clean.timer systemd-pcrphase.service \
  systemd-pcrphase-sysinit.service systemd-boot-system-token.service systemd-initctl.socket \
  systemd-ask-password-console.path systemd-ask-password-wall.path kmod-static-nodes.service modprobe@.service \
  proc-sys-fs-binfmt_misc.automount proc-sys-fs-binfmt_misc.mount dev-hugepages.mount dev-mqueue.mount \
  sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-fs-fuse-connections.mount \
  apt-daily.timer apt-daily-upgrade.timer apt-daily.service apt-daily-upgrade.service dpkg-db-backup.timer \
  e2scrub_all.timer e2scrub_reap.service fstrim.timer ldconfig.service rescue.service emergency.service \
  cloud-init-local.service cloud-init.service cloud-config.service cloud-final.service cloud-init.target \
  cloud-config.target cloud-init-hotplugd.service cloud-init-hotplugd.socket ssh.socket haproxy.service; do
  ln -sf /dev/null "/etc/systemd/system/$unit"
done
# Generators run at each boot and each `daemon-reload`. None of them finds its subject in a container, and cloud-init's
# would decide whether cloud-init runs: here one unit of ours does that.
mkdir -p /etc/systemd/system-generators
for generator in /lib/systemd/system-generators/*; do
  ln -sf /dev/null "/etc/systemd/system-generators/${generator##*/}"
done

systemctl set-default multi-user.target
systemctl enable machine-config.service ssh.service
# Debian's fragments would bring back what cloud.cfg leaves out.
rm -f /etc/cloud/cloud.cfg.d/*
useradd --create-home --shell /bin/bash core
mkdir -p /var/lib/cloud/seed/nocloud /opt/bin /opt/cni
# Vagrant edits this file at each boot, and fails where there is none.
echo '# Nothing to mount.' > /etc/fstab
