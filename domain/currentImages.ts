/**
 * Platform images that Azure's automatic guest patching supports today, as patterns of `publisher:offer:sku`, with `*` for any run of
 * characters: a family at a time, so that a new generation or architecture of a family needs no release of Lowtide.
 * Source: learn.microsoft.com/azure/virtual-machines/automatic-vm-guest-patching, supported OS images (article of 2024-07-31).
 */
export const CURRENT_IMAGES: readonly string[] = [
  ...windowsServer('2008-R2-SP1', '2012-R2-Datacenter*', '2016-Datacenter*', '2019-Datacenter*'),
  ...windowsServer('2022-Datacenter*', '2025-Datacenter*'),
  'MicrosoftWindowsServer:WindowsServerHotpatch-previews:windows-server-2022-azure-edition-hotpatch',
  'MicrosoftWindowsServer:MicrosoftServerOperatingSystems-previews:windows-server-2025-azure-edition-hotpatch',
  'Canonical:UbuntuServer:16.04*-LTS',
  'Canonical:UbuntuServer:18.04-LTS*',
  'Canonical:UbuntuServer:18_04-LTS*',
  'Canonical:0001-com-ubuntu-*-bionic:*18_04-lts*',
  'Canonical:0001-com-ubuntu-*-focal:*20_04-lts*',
  'Canonical:0001-com-ubuntu-*-jammy:*22_04-lts*',
  'Canonical:ubuntu-24_04-lts:*',
  ...redHat('7.*', '7_*', '7-LVM', '7-RAW'),
  ...redHat('8', '8.*', '8_*', '8*gen2', '8-LVM*'),
  ...redHat('9_*', '9-LVM*'),
  'RedHat:RHEL-RAW:8-raw*',
  'RedHat:RHEL-ARM64:*-arm64',
  'RedHat:RHEL-SAP-APPS:8*sapapps-gen2',
  'RedHat:RHEL-SAP-HA:8*sapha-gen2',
  'SUSE:sles-12-sp5:gen*',
  'SUSE:sles-15-sp2:gen*',
  'SUSE:sles-sap-15-sp4:gen2',
  'SUSE:sles-sap-15-sp5:gen2',
  'AlmaLinux:almalinux-hpc:8*-hpc*',
  'MicrosoftCblMariner:cbl-mariner:*',
  'MicrosoftCblMariner:azure-linux-3:*',
  'Microsoft-AKS:aks:aks-engine-ubuntu-1804-202112',
  'Microsoft-DSVM:aml-workstation:ubuntu-20*',
  'Microsoft-DSVM:ubuntu-hpc:*',
  'Center-for-Internet-Security-Inc:cis-windows-server*:cis-*',
  'Center-for-Internet-Security-Inc:cis-rhel*:cis-redhat*',
  'Center-for-Internet-Security-Inc:cis-ubuntu*:cis-ubuntu*-l1*',
];

/** Those of them that can be patched without a reboot. Source: the same article, images that are hotpatchable. */
export const HOTPATCH_IMAGES: readonly string[] = [
  ...windowsServer('2022-datacenter-azure-edition-core*', '2022-datacenter-azure-edition-hotpatch*'),
  ...windowsServer('2025-datacenter-azure-edition*'),
  'MicrosoftWindowsServer:*-previews:windows-server-*-azure-edition-hotpatch',
];

function windowsServer(...skus: readonly string[]): string[] {
  return skus.map((sku) => `MicrosoftWindowsServer:WindowsServer:${sku}`);
}

function redHat(...skus: readonly string[]): string[] {
  return skus.map((sku) => `RedHat:RHEL:${sku}`);
}
