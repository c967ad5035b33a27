import type { TokenRule } from '../../rule.ts';
import { named, slug, uuid, word } from '../shape.ts';

const slackTokens = 'https://docs.slack.dev/authentication/tokens';
const remake = 'delete the webhook and make a new one: its address is its password';

/** Whether the first part of a Discord token is a number in base64: the id of its bot. */
const startsWithId = (token: string): boolean =>
  /^[0-9]{17,20}$/.test(Buffer.from(token.split('.')[0] ?? '', 'base64').toString('latin1'));

const discordBot = String.raw`[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}`;

/** Tokens and webhooks of places where people and machines talk. */
export const chat: readonly TokenRule[] = [
  {
    id: 'slack-bot-token',
    title: 'a Slack bot token',
    source: slackTokens,
    keywords: ['xoxb-'],
    pattern: slug`xoxb-[0-9]{10,14}-(?:[0-9]{10,14}-)?[A-Za-z0-9]{24}`,
    shown: 5,
  },
  {
    id: 'slack-user-token',
    title: 'a Slack user token',
    source: slackTokens,
    keywords: ['xoxp-', 'xoxe-'],
    pattern: slug`xox[pe]-(?:[0-9]{10,14}-){3}[0-9a-f]{32}`,
    shown: 5,
  },
  {
    id: 'slack-legacy-token',
    title: 'a Slack token of a legacy kind',
    source:
      'https://docs.slack.dev/legacy/legacy-custom-integrations/legacy-custom-integrations-tokens',
    keywords: ['xoxo-', 'xoxs-', 'xoxa-', 'xoxr-'],
    pattern: slug`xox[osar]-(?:2-)?(?:[0-9]{6,14}-){1,3}[0-9A-Za-z]{10,48}`,
    shown: 5,
  },
  {
    id: 'slack-app-token',
    title: 'a Slack app-level token',
    source: slackTokens,
    keywords: ['xapp-'],
    pattern: slug`xapp-[0-9]-A[A-Z0-9]{8,12}-[0-9]{10,14}-[0-9a-f]{64}`,
    shown: 5,
  },
  {
    id: 'slack-configuration-token',
    title: 'a Slack app configuration or refresh token',
    source: 'https://docs.slack.dev/app-manifests/configuring-apps-with-app-manifests',
    keywords: ['xoxe.xox', 'xoxe-1-'],
    pattern: word`xoxe(?:\.xox[bp])?-1-[A-Za-z0-9]{140,180}`,
    shown: 4,
  },
  {
    id: 'slack-session-token',
    title: 'a Slack session token or cookie',
    source: slackTokens,
    remedy: 'sign out of all sessions of the person',
    keywords: ['xoxc-', 'xoxd-'],
    pattern: slug`xoxc-(?:[0-9]{10,14}-){3}[0-9a-f]{64}|xoxd-[A-Za-z0-9%+/=]{60,250}`,
    shown: 5,
  },
  {
    id: 'slack-webhook',
    title: 'an incoming webhook of Slack',
    source: 'https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks',
    remedy: remake,
    keywords: ['hooks.slack.com/'],
    pattern:
      /hooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/(?<secret>[TE][A-Z0-9]{8,12}\/[A-Z0-9]{8,16}\/(?:[0-9]{10,20}\/)?[A-Za-z0-9]{24,32})(?![A-Za-z0-9])/dg,
  },
  {
    id: 'slack-signing-secret',
    title: 'a Slack signing or client secret',
    source: 'https://docs.slack.dev/authentication/verifying-requests-from-slack',
    remedy: 'regenerate the secret under Basic Information of the app',
    ...named(['slack'], '[0-9a-f]{32}', 'secret'),
  },
  {
    id: 'discord-bot-token',
    title: 'a Discord bot token',
    source: 'https://discord.com/developers/docs/reference#authentication',
    ...named(['discord', 'bot_token'], discordBot, 'token|secret|key|login'),
  },
  {
    id: 'discord-login',
    title: 'a Discord bot token that a client signs in with',
    source: 'https://discord.com/developers/docs/reference#authentication',
    keywords: ['bot m', 'bot n', 'bot o', 'login(', '.run('],
    pattern: new RegExp(
      `(?:[Bb]ot |login\\(\\s?["'\`]|\\.run\\(\\s?["'])(?<secret>${discordBot})(?![A-Za-z0-9_-])`,
      'dg',
    ),
    check: startsWithId,
    random: true,
  },
  {
    id: 'discord-webhook',
    title: 'a Discord webhook',
    source: 'https://discord.com/developers/docs/resources/webhook',
    remedy: remake,
    keywords: ['/api/webhooks/'],
    pattern:
      /discord(?:app)?\.com\/api\/(?:v[0-9]{1,2}\/)?webhooks\/[0-9]{17,20}\/(?<secret>[A-Za-z0-9_-]{60,80})(?![A-Za-z0-9_-])/dg,
  },
  {
    id: 'discord-client-secret',
    title: 'a Discord client secret',
    source: 'https://discord.com/developers/docs/topics/oauth2',
    ...named(['discord'], '[A-Za-z0-9_-]{32}', 'client[_. -]?secret'),
  },
  {
    id: 'telegram-bot-token',
    title: 'a Telegram bot token',
    source: 'https://core.telegram.org/bots/api#authorizing-your-bot',
    remedy: 'ask @BotFather for /revoke',
    keywords: [':aa'],
    pattern:
      /(?<![A-Za-z0-9_.-])(?:bot)?(?<secret>[0-9]{8,10}:AA[A-Za-z0-9_-]{33})(?![A-Za-z0-9_-])/dg,
  },
  {
    id: 'teams-webhook',
    title: 'an incoming webhook of Microsoft Teams',
    source:
      'https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook',
    remedy: remake,
    keywords: ['.office.com/webhook'],
    pattern: new RegExp(
      `\\.office\\.com/webhook(?:b2)?/(?<secret>${uuid}@${uuid}/IncomingWebhook/[0-9a-f]{32}/${uuid}(?:/V2[A-Za-z0-9_-]{40,60})?)`,
      'dg',
    ),
  },
  {
    id: 'power-automate-webhook',
    title: 'a webhook of Power Automate or Logic Apps',
    source: 'https://learn.microsoft.com/azure/logic-apps/logic-apps-securing-a-logic-app',
    remedy: 'regenerate the access key of the workflow',
    keywords: ['.logic.azure.com', '.powerplatform.com'],
    pattern:
      /\.(?:logic\.azure|powerplatform)\.com[^\s"'<>]{1,400}[?&](?:amp;)?sig=(?<secret>[A-Za-z0-9_-]{43})(?![A-Za-z0-9_%=-])/dg,
  },
  {
    id: 'google-chat-webhook',
    title: 'a webhook of Google Chat',
    source: 'https://developers.google.com/workspace/chat/quickstart/webhooks',
    remedy: remake,
    keywords: ['chat.googleapis.com/v1/spaces/'],
    pattern:
      /chat\.googleapis\.com\/v1\/spaces\/[A-Za-z0-9_-]{6,20}\/messages\?[^\s"'<>]{0,60}token=(?<secret>[A-Za-z0-9_-]{40,50}(?:=|%3[Dd])?)/dg,
  },
  {
    id: 'dingtalk-webhook',
    title: 'a robot of DingTalk',
    source: 'https://open.dingtalk.com/document/robots/custom-robot-access',
    remedy: remake,
    keywords: ['oapi.dingtalk.com/robot/'],
    pattern: /oapi\.dingtalk\.com\/robot\/send\?access_token=(?<secret>[0-9a-f]{64})(?![0-9a-f])/dg,
  },
  {
    id: 'feishu-webhook',
    title: 'a robot of Feishu or Lark',
    source: 'https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot',
    remedy: remake,
    keywords: ['/open-apis/bot/'],
    pattern: new RegExp(
      `open\\.(?:feishu\\.cn|larksuite\\.com)/open-apis/bot/v2/hook/(?<secret>${uuid})`,
      'dg',
    ),
  },
  {
    id: 'wecom-webhook',
    title: 'a robot of WeCom',
    source: 'https://developer.work.weixin.qq.com/document/path/91770',
    remedy: remake,
    keywords: ['qyapi.weixin.qq.com/'],
    pattern: new RegExp(
      `qyapi\\.weixin\\.qq\\.com/cgi-bin/webhook/send\\?key=(?<secret>${uuid})`,
      'dg',
    ),
  },
  {
    id: 'mattermost-token',
    title: 'a Mattermost access token',
    source: 'https://developers.mattermost.com/integrate/reference/personal-access-token/',
    ...named(['mattermost', 'mm_'], '[a-z0-9]{26}', 'token'),
  },
  {
    id: 'matrix-token',
    title: 'a Matrix access token of Synapse',
    source: 'https://element-hq.github.io/synapse/latest/usage/administration/admin_api/index.html',
    keywords: ['syt_'],
    pattern: word`syt_[A-Za-z0-9+/]{2,120}_[A-Za-z]{20}_[A-Za-z0-9]{6}`,
    shown: 4,
  },
  {
    id: 'webex-token',
    title: 'a Webex access token',
    source: 'https://developer.webex.com/docs/bots',
    ...named(['webex', 'ciscospark'], `[A-Za-z0-9_-]{64}_[A-Za-z0-9]{4}_${uuid}`),
  },
  {
    id: 'zoom-secret',
    title: 'a Zoom client or webhook secret',
    source: 'https://developers.zoom.us/docs/internal-apps/s2s-oauth/',
    ...named(['zoom'], '[A-Za-z0-9_-]{22}|[A-Za-z0-9]{32}|[A-Za-z0-9]{36}', 'secret'),
  },
];
