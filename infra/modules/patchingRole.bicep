targetScope = 'subscription'

param principalId string

var patching = loadJsonContent('../roles/patching.json')

@description('Exactly what the driver asks Azure for; a test holds the two together.')
resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, patching.name)
  properties: {
    roleName: '${patching.name} (${subscription().subscriptionId})'
    description: patching.description
    type: 'CustomRole'
    permissions: [{ actions: patching.actions, notActions: [], dataActions: [], notDataActions: [] }]
    assignableScopes: [subscription().id]
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, role.id)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: role.id
  }
}
