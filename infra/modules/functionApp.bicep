param token string
param location string
param tags object
@allowed(['flex', 'premium'])
param plan string
param identityId string
param identityClientId string
param storageName string
param deploymentContainer string
param applicationInsightsConnectionString string
@description('Empty: Durable Functions keeps its state in the storage account.')
param schedulerConnectionString string
param appSettings object

var isFlex = plan == 'flex'

resource farm 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: 'plan-lowtide-${token}'
  location: location
  tags: tags
  kind: isFlex ? 'functionapp' : 'elastic'
  sku: isFlex ? { name: 'FC1', tier: 'FlexConsumption' } : { name: 'EP1', tier: 'ElasticPremium' }
  properties: { reserved: true }
}

@description('Identity everywhere, no key anywhere. In Flex Consumption the runtime is in functionAppConfig and not among the settings.')
var settings = union(
  {
    AzureWebJobsStorage__accountName: storageName
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identityClientId
    AZURE_CLIENT_ID: identityClientId
    APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsightsConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  },
  isFlex
    ? {}
    : {
        FUNCTIONS_EXTENSION_VERSION: '~4'
        FUNCTIONS_WORKER_RUNTIME: 'node'
        WEBSITE_RUN_FROM_PACKAGE: '1'
      },
  empty(schedulerConnectionString)
    ? {}
    : {
        DURABLE_TASK_SCHEDULER_CONNECTION_STRING: schedulerConnectionString
        AzureFunctionsJobHost__extensions__durableTask__storageProvider__type: 'azureManaged'
        AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName: 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING'
      },
  appSettings
)

var identity = {
  type: 'UserAssigned'
  userAssignedIdentities: { '${identityId}': {} }
}
var appTags = union(tags, { 'azd-service-name': 'app' })

resource flex 'Microsoft.Web/sites@2024-04-01' = if (isFlex) {
  name: 'func-lowtide-${token}'
  location: location
  tags: appTags
  kind: 'functionapp,linux'
  identity: identity
  properties: {
    serverFarmId: farm.id
    httpsOnly: true
    siteConfig: { minTlsVersion: '1.2' }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainer
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      runtime: { name: 'node', version: '22' }
      // All Durable triggers scale as one group; one instance that is always ready answers timers at once.
      scaleAndConcurrency: {
        instanceMemoryMB: 2048
        maximumInstanceCount: 40
        alwaysReady: [{ name: 'durable', instanceCount: 1 }]
      }
    }
  }

  resource config 'config' = {
    name: 'appsettings'
    properties: settings
  }
}

resource premium 'Microsoft.Web/sites@2024-04-01' = if (!isFlex) {
  name: 'func-lowtide-${token}-p'
  location: location
  tags: appTags
  kind: 'functionapp,linux'
  identity: identity
  properties: {
    serverFarmId: farm.id
    httpsOnly: true
    siteConfig: {
      minTlsVersion: '1.2'
      linuxFxVersion: 'NODE|22'
      minimumElasticInstanceCount: 1
      // The Task Scheduler scales by what it has to do, which the platform sees only so.
      functionsRuntimeScaleMonitoringEnabled: true
    }
  }

  resource config 'config' = {
    name: 'appsettings'
    properties: settings
  }
}

output url string = isFlex ? 'https://${flex!.properties.defaultHostName}' : 'https://${premium!.properties.defaultHostName}'
