using './main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'lowtide')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param patchedSubscriptions = split(readEnvironmentVariable('LOWTIDE_PATCHED_SUBSCRIPTIONS', ''), ',')
param authAudience = readEnvironmentVariable('LOWTIDE_AUTH_AUDIENCE', '')
param plan = readEnvironmentVariable('LOWTIDE_PLAN', 'flex')
param durableBackend = readEnvironmentVariable('LOWTIDE_DURABLE_BACKEND', 'storage')
