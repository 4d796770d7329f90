import '../operatorApi/fleet';
import '../operatorApi/rollouts';
import '../operatorApi/virtualMachines';
