targetScope = 'subscription'

@description('Name of the environment; azd names it. Resource names are made from it.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('Region of the app itself. The VMs may be anywhere.')
param location string

@description('Ids of the subscriptions whose VMs are patched.')
param patchedSubscriptions array

@description('Id of the Entra tenant whose tokens are believed.')
param authTenantId string = tenant().tenantId

@description('Application id of the registration of this API in Entra (infra/entra).')
param authAudience string

@description('flex: Flex Consumption. premium: always warm, with deployment slots, at a fixed price.')
@allowed(['flex', 'premium'])
param plan string = 'flex'

@description('storage: Durable Functions keeps its state in the storage account. scheduler: in the Durable Task Scheduler.')
@allowed(['storage', 'scheduler'])
param durableBackend string = 'storage'

@description('Addresses that get a mail when a rollout halts, an orchestration is stuck or a sweep fails.')
param alertEmails array = []

@description('More settings of the app, as docs/settings.md lists them.')
param appSettings object = {}

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: { name: 'id-lowtide-${token}', location: location, tags: tags }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    alertEmails: alertEmails
    principalId: identity.outputs.principalId
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    name: 'stlowtide${take(token, 13)}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
  }
}

module scheduler 'modules/scheduler.bicep' = if (durableBackend == 'scheduler') {
  scope: group
  params: {
    name: 'dts-lowtide-${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
  }
}

module app 'modules/functionApp.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    plan: plan
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageName: storage.outputs.name
    deploymentContainer: storage.outputs.deploymentContainer
    applicationInsightsConnectionString: monitoring.outputs.connectionString
    schedulerConnectionString: durableBackend == 'scheduler'
      ? 'Endpoint=${scheduler!.outputs.endpoint};Authentication=ManagedIdentity;ClientID=${identity.outputs.clientId}'
      : ''
    appSettings: union(
      {
        LOWTIDE_DRIVER: 'azure'
        LOWTIDE_AZURE_SUBSCRIPTIONS: join(patchedSubscriptions, ',')
        LOWTIDE_AZURE_ENDPOINT: environment().resourceManager
        LOWTIDE_IMAGE_PROFILE: 'current'
        LOWTIDE_AUTH: 'entra'
        LOWTIDE_AUTH_TENANT: authTenantId
        LOWTIDE_AUTH_AUDIENCE: '${authAudience},api://${authAudience}'
      },
      appSettings
    )
  }
}

@description('One assignment for each subscription: the role exists in each of them.')
module patching 'modules/patchingRole.bicep' = [
  for id in patchedSubscriptions: {
    scope: subscription(id)
    params: { principalId: identity.outputs.principalId }
  }
]

output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = group.name
output LOWTIDE_URL string = app.outputs.url
output LOWTIDE_PRINCIPAL_ID string = identity.outputs.principalId
