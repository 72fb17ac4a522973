#!/bin/sh
# What only the Azure CLI can do, called while the root is applied: steps.sh roles | settings | publish | secrets.
# What Azure does not do yet is tried again, and said: a role that was just assigned holds within ten minutes.
# https://learn.microsoft.com/azure/role-based-access-control/troubleshooting#symptom---role-assignment-changes-are-not-being-detected
set -u
PATIENCE=${PATIENCE:-900} # seconds
PAUSE=${PAUSE:-15}
tried=$(mktemp)
trap 'rm -f "$tried"' EXIT
trap 'exit 1' INT TERM

command -v az >/dev/null || { echo "az, the Azure CLI, is needed and is not here: https://aka.ms/azure-cli" >&2; exit 1; }
command -v curl >/dev/null || { echo "curl is needed and is not here" >&2; exit 1; }

# again WHAT COMMAND...: until the command succeeds.
again() {
  what=$1 began=$(date +%s)
  shift
  until "$@" >"$tried" 2>&1; do
    waited=$(($(date +%s) - began))
    if [ "$waited" -ge "$PATIENCE" ]; then
      cat "$tried" >&2
      echo "$what: not within $PATIENCE seconds. Once that is mended, apply again: it goes on" >&2
      exit 1
    fi
    echo "$what: not yet, after $waited s: $(grep -v '^ *$' "$tried" | tail -n 1 | cut -c 1-200)"
    sleep "$PAUSE"
  done
}

readable() {
  az storage container list --subscription "$SUBSCRIPTION" --account-name "$1" --auth-mode login --num-results 1 --output none
}

manageable() {
  az keyvault secret list --subscription "$SUBSCRIPTION" --vault-name "$1" --maxresults 1 --output none
}

# An identity needs no connection string. The provider writes ones without a key whenever it makes or changes an app, and
# the host takes them before the identity (azurerm 29149, 29693, 30732). It reads neither back: no plan shows this.
keyless() {
  az functionapp config appsettings delete --subscription "$SUBSCRIPTION" --resource-group "$GROUP" --name "$APP" \
    --setting-names AzureWebJobsStorage DEPLOYMENT_STORAGE_CONNECTION_STRING --output none
}

# The request of `az functionapp deployment source config-zip`, but for RemoteBuild: the CLI (2.91) has each Python package
# built anew, with another Python, whatever it is told; ours brings its wheels.
# https://learn.microsoft.com/azure/azure-functions/functions-deployment-technologies#one-deploy
publish() {
  # Raw from Azure's own API, where the command for Flex Consumption apps has it; elsewhere it is one level higher.
  site=$(az functionapp show --subscription "$SUBSCRIPTION" --resource-group "$GROUP" --name "$APP" --output tsv \
    --query "(properties.hostNameSslStates || hostNameSslStates)[?hostType=='Repository'].name | [0]") || return 1
  [ -n "$site" ] || { echo "Azure names no address that $APP is published at"; return 1; }
  token=$(az account get-access-token --subscription "$SUBSCRIPTION" --query accessToken --output tsv) || return 1
  former=$(latest | identity)
  deployments --fail-with-body --header "Content-Type: application/zip" --data-binary "@$PACKAGE" \
    "https://$site/api/publish?RemoteBuild=false&Deployer=terraform" || return 1
  published=$(date +%s) seen=
  while :; do
    sleep "$PAUSE"
    now=$(latest)
    case $now in
    *404) [ -z "$seen" ] || return 0 ;; # what is done is forgotten
    *'"status":'*)
      # What was published before this is not what is asked for.
      if [ -z "$former" ] || [ "$(echo "$now" | identity)" != "$former" ]; then
        seen=yes
        case $now in
        *'"status":4'*) return 0 ;;
        *'"status":3'* | *'"status":5'* | *'"status":6'* | *'"status":-1'*)
          echo "Azure could not take the package: https://$site/api/deployments/latest says why"
          return 1
          ;;
        esac
      fi
      ;;
    esac
    [ $(($(date +%s) - published)) -lt "$PATIENCE" ] || { echo "Azure is not done with the package after $PATIENCE seconds"; return 1; }
  done
}

latest() {
  deployments --write-out ' %{http_code}' "https://$site/api/deployments/latest" | tr -d ' \n'
}

identity() {
  sed -n 's/.*"id":"\([^"]*\)".*/\1/p'
}

# deployments CURL-ARGUMENTS...: the token is given where no list of processes shows it.
deployments() {
  printf 'header = "Authorization: Bearer %s"\n' "$token" | curl --config - --silent --show-error --max-time 600 "$@"
}

REFERENCES="/subscriptions/${SUBSCRIPTION:-}/resourceGroups/${GROUP:-}/providers/Microsoft.Web/sites/${APP:-}/config/configreferences/appsettings"

# A reference that could not be read is taken for the value itself, for a day; only this has it read again.
# https://learn.microsoft.com/azure/app-service/app-service-key-vault-references#rotation
resolved() {
  az rest --method post --url "$REFERENCES/refresh?api-version=2022-03-01" --output none || return 1
  status=$(az rest --method get --url "$REFERENCES?api-version=2022-03-01" --output tsv \
    --query "value[?name=='TREFOIL_SIGNING_KEY'].properties.status | [0]") || return 1
  [ "$status" = Resolved ] || { echo "TREFOIL_SIGNING_KEY is ${status:-not there}"; return 1; }
}

case ${1:-} in
roles)
  for account in $ACCOUNTS; do again "the role on $account" readable "$account"; done
  again "the role on $VAULT" manageable "$VAULT"
  ;;
settings) again "settings of $APP" keyless ;;
publish) again "package of $APP" publish ;;
secrets)
  again "secrets of $APP" resolved
  az functionapp restart --subscription "$SUBSCRIPTION" --resource-group "$GROUP" --name "$APP" --output none
  ;;
*)
  echo "steps.sh roles | settings | publish | secrets" >&2
  exit 2
  ;;
esac
