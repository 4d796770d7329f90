param name string
param location string
param tags object
param principalId string

@description('Durable Task Scheduler: JSON values up to 1 MB, instance ids up to 100 characters, 30 days of data. An empty list of addresses would deny everything.')
resource scheduler 'Microsoft.DurableTask/schedulers@2025-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    ipAllowlist: ['0.0.0.0/0']
    sku: { name: 'Consumption' }
  }

  resource hub 'taskHubs' = { name: 'Lowtide' }
}

@description('Durable Task Data Contributor. Look the id up before you deploy: sources have given two (docs/azure.md).')
param roleDefinitionId string = '0ad04412-c4d5-4796-b79c-f76d14c8d402'

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(scheduler.id, principalId, roleDefinitionId)
  scope: scheduler
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleDefinitionId)
  }
}

output endpoint string = scheduler.properties.endpoint
