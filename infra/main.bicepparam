using './main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'lowtide')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
// azd stops before this where none are named (infra/entra/registerApp.mjs).
param patchedSubscriptions = map(split(readEnvironmentVariable('LOWTIDE_PATCHED_SUBSCRIPTIONS', ''), ','), id => trim(id))
param authAudience = readEnvironmentVariable('LOWTIDE_AUTH_AUDIENCE', '')
param plan = readEnvironmentVariable('LOWTIDE_PLAN', 'flex')
param durableBackend = readEnvironmentVariable('LOWTIDE_DURABLE_BACKEND', 'storage')
param alertEmails = filter(split(readEnvironmentVariable('LOWTIDE_ALERT_EMAILS', ''), ','), address => !empty(address))
param appSettings = json(readEnvironmentVariable('LOWTIDE_APP_SETTINGS', '{}'))
